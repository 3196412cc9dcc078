/** MQTT 3.1.1 and 5.0 device API. */
@org.jspecify.annotations.NullMarked
package io.signalbox.transport.mqtt;
