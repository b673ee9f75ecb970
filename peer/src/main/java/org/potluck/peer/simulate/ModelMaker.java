package org.potluck.peer.simulate;

import org.potluck.trainer.Trainer;

/** Makes the model that a peer begins with, the same for everybody but for what it learns from. */
interface ModelMaker {
  Trainer make(Scenario.Run run, Portion portion);
}
