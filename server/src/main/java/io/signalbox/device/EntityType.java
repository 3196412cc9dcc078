package io.signalbox.device;

/** The kinds of entities, by the names of the wire. Of other kinds that clients know there is none here. */
public enum EntityType {
    DEVICE("Device"),
    ASSET("Asset"),
    CUSTOMER("Customer"),
    TENANT("Tenant"),
    USER("User"),
    DEVICE_PROFILE("Device profile"),
    ASSET_PROFILE("Asset profile");

    private final String title;

    EntityType(String title) {
        this.title = title;
    }

    /** As a sentence begins with it. */
    public String title() {
        return title;
    }
}
