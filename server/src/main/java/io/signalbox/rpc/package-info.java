/** Commands to devices: the pure life cycle of one command, a device's open commands, the service. */
@org.jspecify.annotations.NullMarked
package io.signalbox.rpc;
