/** Device bodies: values, readings and their JSON forms, shared by all transports and the telemetry REST API. */
@org.jspecify.annotations.NullMarked
package io.signalbox.payload;
