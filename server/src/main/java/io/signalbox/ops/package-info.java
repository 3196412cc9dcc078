/** Plumbing for those who run the server: metrics, health, error catalogue. */
@org.jspecify.annotations.NullMarked
package io.signalbox.ops;
