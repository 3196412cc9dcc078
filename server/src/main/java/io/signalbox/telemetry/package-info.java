/** Time series and attributes: the service and the ports to their stores. */
@org.jspecify.annotations.NullMarked
package io.signalbox.telemetry;
