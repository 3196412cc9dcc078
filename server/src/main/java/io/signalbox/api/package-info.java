/** REST: the table of URLs and one handler per resource. */
@org.jspecify.annotations.NullMarked
package io.signalbox.api;
