@NullMarked
package org.potluck.dht;

import org.jspecify.annotations.NullMarked;
