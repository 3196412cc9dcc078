/** Devices as plain records that every package may use: identities, credentials, events. */
@org.jspecify.annotations.NullMarked
package io.signalbox.device;
