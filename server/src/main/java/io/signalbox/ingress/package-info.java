/** What devices say, handed to the feature that cares. */
@org.jspecify.annotations.NullMarked
package io.signalbox.ingress;
