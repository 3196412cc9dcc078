/** The server: {@link io.signalbox.Main} wires the packages below it, nothing imports it. */
@org.jspecify.annotations.NullMarked
package io.signalbox;
