package io.signalbox.identity;

/** What kind of user somebody is. */
public enum Authority {
    SYS_ADMIN,
    TENANT_ADMIN,
    CUSTOMER_USER
}
