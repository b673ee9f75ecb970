/** Whole swarms in virtual time: what must hold whatever the seed. Handbook: docs/simulator.md. */
@NullMarked
package org.potluck.tests.scenarios;

import org.jspecify.annotations.NullMarked;
