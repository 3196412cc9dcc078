/** Ways in for devices, one folder each; here what they share. */
@org.jspecify.annotations.NullMarked
package io.signalbox.transport;
