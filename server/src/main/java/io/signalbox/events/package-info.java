/** What went wrong with a device, for who looks after it. */
@org.jspecify.annotations.NullMarked
package io.signalbox.events;
