/** Potluck's libp2p against an independent implementation of it, js-libp2p ({@code tests/js}). */
@NullMarked
package org.potluck.tests.interop;

import org.jspecify.annotations.NullMarked;
