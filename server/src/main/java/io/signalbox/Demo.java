package io.signalbox;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.registry.CustomerFields;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceFields;
import io.signalbox.registry.DeviceService;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The devices of the demo data (authentication §14). Blocks. */
final class Demo {
    private static final List<String> NAMES = List.of("A1", "A2", "A3", "B1", "C1");

    private final DeviceService devices;
    private Optional<CustomerId> customer = Optional.empty();

    Demo(DeviceService devices) {
        this.devices = devices;
    }

    /** Stores {@code Customer A}. */
    CustomerId customer(TenantId tenant) {
        CustomerId id = devices.createCustomer(
                        tenant, new CustomerFields("Customer A", Optional.empty(), "{}", Optional.empty()))
                .id();
        customer = Optional.of(id);
        return id;
    }

    /** Stores the devices; those whose name starts with A belong to the customer. */
    void devices(TenantId tenant) {
        for (String name : NAMES) {
            DeviceFields fields = new DeviceFields(
                    "Test Device " + name,
                    Optional.of("default"),
                    Optional.empty(),
                    Optional.empty(),
                    name.startsWith("A") ? customer : Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
            devices.create(tenant, fields, Optional.of(token(name)));
        }
    }

    /** Those that are still there. */
    static List<Device> find(DeviceDirectory directory) {
        List<Device> found = new ArrayList<>();
        for (String name : NAMES) {
            directory.authenticate(token(name)).toCompletableFuture().join().ifPresent(found::add);
        }
        return found;
    }

    static String token(String name) {
        return name + "_TEST_TOKEN";
    }
}
