/** Configuration: one record per section, typed units; unknown keys stop the start. */
@org.jspecify.annotations.NullMarked
package io.signalbox.config;
