/** Fakes and contracts that tests share. */
@org.jspecify.annotations.NullMarked
package io.signalbox.testing;
