/** Devices and load over public protocols; imports nothing from the server. */
@org.jspecify.annotations.NullMarked
package io.signalbox.simulator;
