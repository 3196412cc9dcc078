/** Tenants' devices, device profiles and customers, and the directory of devices in memory. */
@org.jspecify.annotations.NullMarked
package io.signalbox.registry;
