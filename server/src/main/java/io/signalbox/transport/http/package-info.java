/** HTTP device API. */
@org.jspecify.annotations.NullMarked
package io.signalbox.transport.http;
