/** Whole paths of the server on one thread in virtual time, by seed. */
@org.jspecify.annotations.NullMarked
package io.signalbox.sim;
