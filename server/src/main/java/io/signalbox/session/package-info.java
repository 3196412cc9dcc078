/** Live connections of devices: the transport port, sessions, and the mailbox that owns each device's state. */
@org.jspecify.annotations.NullMarked
package io.signalbox.session;
