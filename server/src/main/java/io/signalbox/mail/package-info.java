/** Sends mail by SMTP. */
@org.jspecify.annotations.NullMarked
package io.signalbox.mail;
