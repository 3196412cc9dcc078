/** Tenants, users, roles, tokens, and the one place that decides who may do what. */
@org.jspecify.annotations.NullMarked
package io.signalbox.identity;
