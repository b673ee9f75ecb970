package org.potluck.peer.simulate;

import org.potluck.trainer.Trainer;

/** Makes the model that a peer begins with, the same for everybody. */
interface ModelMaker {
  Trainer make(Scenario.Run run);
}
