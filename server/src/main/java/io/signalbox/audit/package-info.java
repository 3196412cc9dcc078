/** Who did what to which entity, for the administrators of a tenant to read. */
@org.jspecify.annotations.NullMarked
package io.signalbox.audit;
