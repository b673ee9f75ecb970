/**
 * The program as its users run it: processes, their output, their exit status. What a machine may
 * lack (root, for network namespaces) is said in one line.
 */
@NullMarked
package org.potluck.tests.program;

import org.jspecify.annotations.NullMarked;
