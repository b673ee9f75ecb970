/**
 * Who reduces which part of the vector: the arithmetic of a bandwidth-aware all-reduce.
 *
 * <p>Pure functions of the members' declared links. The leader of a group computes the plan and
 * broadcasts it; anybody can compute it again. Handbook: {@code docs/codecs.md}.
 */
@NullMarked
package org.potluck.averaging.plan;

import org.jspecify.annotations.NullMarked;
