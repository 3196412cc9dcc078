/** When devices connected, were heard and fell silent, and whether they are active. */
@org.jspecify.annotations.NullMarked
package io.signalbox.presence;
