/** What is asked of devices by what they are and by their values. */
@org.jspecify.annotations.NullMarked
package io.signalbox.query;
