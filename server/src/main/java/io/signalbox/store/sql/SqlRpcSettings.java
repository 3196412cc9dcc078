package io.signalbox.store.sql;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcSettingsStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** What is set for the commands of devices and profiles, in core.db. */
public final class SqlRpcSettings implements RpcSettingsStore {
    private static final String OF_DEVICE =
            "SELECT p.id AS profile_id, s.submit_strategy, s.in_flight_max, s.redeliver,"
                    + " s.mask, q.submit_strategy AS p_submit_strategy, q.in_flight_max AS p_in_flight_max,"
                    + " q.redeliver AS p_redeliver, q.mask AS p_mask"
                    + " FROM device d JOIN device_profile p ON p.number = d.profile"
                    + " LEFT JOIN device_rpc_settings s ON s.device = d.number"
                    + " LEFT JOIN device_profile_rpc_settings q ON q.profile = d.profile ";

    private static final String MASK = "SELECT COALESCE(s.mask, q.mask) AS mask FROM device d"
            + " LEFT JOIN device_rpc_settings s ON s.device = d.number"
            + " LEFT JOIN device_profile_rpc_settings q ON q.profile = d.profile WHERE d.id = ?";

    private final CoreWriter writer;
    private final CoreReaders readers;

    /** Never false again before the next start. */
    private volatile boolean hasMasks;

    SqlRpcSettings(CoreWriter writer, CoreReaders readers, boolean hasMasks) {
        this.writer = writer;
        this.readers = readers;
        this.hasMasks = hasMasks;
    }

    static boolean hasMasks(Sql sql) {
        return sql.exists("SELECT 1 FROM device_rpc_settings WHERE mask IS NOT NULL")
                || sql.exists("SELECT 1 FROM device_profile_rpc_settings WHERE mask IS NOT NULL");
    }

    static Optional<RpcSettings.OfDevice> ofDevice(Sql sql, long device) {
        return sql.first(OF_DEVICE + "WHERE d.number = ?", SqlRpcSettings::readOfDevice, device);
    }

    @Override
    public Optional<RpcSettings.OfDevice> ofDevice(DeviceId device) {
        return readers.read(
                sql -> sql.first(OF_DEVICE + "WHERE d.id = ?", SqlRpcSettings::readOfDevice, device.uuid()));
    }

    @Override
    public RpcSettings ofProfile(DeviceProfileId profile) {
        return readers.read(sql -> sql.first(
                        "SELECT q.submit_strategy, q.in_flight_max, q.redeliver, q.mask FROM device_profile_rpc_settings q"
                                + " JOIN device_profile p ON p.number = q.profile WHERE p.id = ?",
                        row -> read(row, ""),
                        profile.uuid())
                .orElse(RpcSettings.NONE));
    }

    @Override
    public boolean save(DeviceId device, RpcSettings settings) {
        return save("device", "device_rpc_settings", "device", device.uuid(), settings);
    }

    @Override
    public boolean save(DeviceProfileId profile, RpcSettings settings) {
        return save("device_profile", "device_profile_rpc_settings", "profile", profile.uuid(), settings);
    }

    private boolean save(String owners, String table, String key, UUID owner, RpcSettings settings) {
        hasMasks |= settings.mask().isPresent(); // too early does no harm
        return writer.write(sql -> {
            Optional<Long> number =
                    sql.first("SELECT number FROM " + owners + " WHERE id = ?", row -> row.number("number"), owner);
            number.ifPresent(found -> {
                sql.update("DELETE FROM " + table + " WHERE " + key + " = ?", found);
                if (!settings.equals(RpcSettings.NONE)) {
                    sql.update(
                            "INSERT INTO " + table + " (" + key + ", submit_strategy, in_flight_max, redeliver, mask)"
                                    + " VALUES (?, ?, ?, ?, ?)",
                            found,
                            settings.submitStrategy().map(SqlRpcSettings::code),
                            settings.inFlightMax().isPresent()
                                    ? Optional.of(settings.inFlightMax().getAsInt())
                                    : Optional.empty(),
                            settings.redeliver(),
                            settings.mask().map(names -> String.join("\n", names)));
                }
            });
            return number.isPresent();
        });
    }

    @Override
    public boolean hasMasks() {
        return hasMasks;
    }

    @Override
    public CompletionStage<Map<DeviceId, List<String>>> masks(Set<DeviceId> devices) {
        return readers.readLater(sql -> {
            Map<DeviceId, List<String>> masks = new HashMap<>();
            for (DeviceId device : devices) {
                List<String> mask = mask(sql, device);
                if (!mask.isEmpty()) {
                    masks.put(device, mask);
                }
            }
            return masks;
        });
    }

    /** Names of members that are masked for this device, beside those of the server. */
    static List<String> mask(Sql sql, DeviceId device) {
        return sql.first(MASK, row -> row.textIfAny("mask"), device.uuid())
                .flatMap(mask -> mask)
                .map(SqlRpcSettings::names)
                .orElse(List.of());
    }

    private static RpcSettings.OfDevice readOfDevice(Row row) {
        return new RpcSettings.OfDevice(new DeviceProfileId(row.uuid("profile_id")), read(row, ""), read(row, "p_"));
    }

    private static RpcSettings read(Row row, String prefix) {
        String most = prefix + "in_flight_max";
        return new RpcSettings(
                row.has(prefix + "submit_strategy")
                        ? Optional.of(strategy(row.number(prefix + "submit_strategy")))
                        : Optional.empty(),
                row.has(most) ? OptionalInt.of((int) row.number(most)) : OptionalInt.empty(),
                row.has(prefix + "redeliver") ? Optional.of(row.flag(prefix + "redeliver")) : Optional.empty(),
                row.textIfAny(prefix + "mask").map(SqlRpcSettings::names));
    }

    private static List<String> names(String mask) {
        return mask.isEmpty() ? List.of() : List.of(mask.split("\n"));
    }

    private static int code(SubmitStrategy strategy) {
        return switch (strategy) {
            case BURST -> 1;
            case SEQUENTIAL_ON_ACK_FROM_DEVICE -> 2;
            case SEQUENTIAL_ON_RESPONSE_FROM_DEVICE -> 3;
        };
    }

    private static SubmitStrategy strategy(long code) {
        for (SubmitStrategy strategy : SubmitStrategy.values()) {
            if (code(strategy) == code) {
                return strategy;
            }
        }
        throw new SqlFailure("no submit strategy has the code " + code);
    }
}
