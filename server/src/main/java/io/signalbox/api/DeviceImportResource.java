package io.signalbox.api;

import static io.signalbox.api.Route.TENANT;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.registry.DeviceFields;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.NameConflict;
import io.signalbox.registry.NewCredentials;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.TelemetryService;
import io.signalbox.telemetry.TelemetryStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/** Makes and changes many devices by a table of text. Callers have a tenant. */
final class DeviceImportResource implements Resource {
    static final int ROWS_MAX = 5_000;

    private static final int COLUMNS_MAX = 100;

    private final DeviceService devices;
    private final TelemetryService telemetry;
    private final ChangeAudit audit;
    private final InstantSource clock;

    DeviceImportResource(DeviceService devices, TelemetryService telemetry, ChangeAudit audit, InstantSource clock) {
        this.devices = devices;
        this.telemetry = telemetry;
        this.audit = audit;
        this.clock = clock;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/device/bulk_import", TENANT, this::run);
    }

    @Override
    public void describe(Descriptions all) {
        DeviceResource.KIND
                .section(all)
                .call(POST, "/api/device/bulk_import", "importDevices", "Makes and changes devices by a CSV file")
                .notes("Columns are "
                        + String.join(
                                ", ",
                                Arrays.stream(Meaning.values()).map(Enum::name).toList())
                        + "; the last three have a key. A device that is there is changed when mapping.update is true,"
                        + " else its row is refused. Each row is kept or refused by itself, " + ROWS_MAX
                        + " rows at most.")
                .takesJson(
                        Kind.OBJECT,
                        "{\"file\":\"name,type,floor\\n<newName>,default,3\",\"mapping\":{\"columns\":[{\"type\":\"NAME\"},"
                                + "{\"type\":\"TYPE\"},{\"type\":\"SERVER_ATTRIBUTE\",\"key\":\"floor\"}],\"delimiter\":\",\","
                                + "\"header\":true,\"update\":false}}")
                .answersJson(
                        Kind.OBJECT,
                        "{\"created\":1,\"updated\":0,\"errors\":0,\"errorsList\":[],\"rows\":[{\"line\":2,"
                                + "\"name\":\"Thermostat 4\",\"status\":\"CREATED\",\"error\":null}]}")
                .fails(BAD_REQUEST, "The file is no CSV, is too long, or its columns are not named");
    }

    private enum Meaning {
        NAME,
        TYPE,
        LABEL,
        DESCRIPTION,
        IS_GATEWAY,
        ACCESS_TOKEN,
        SHARED_ATTRIBUTE,
        SERVER_ATTRIBUTE,
        TIMESERIES;

        private static final Set<Meaning> KEYED = EnumSet.of(SHARED_ATTRIBUTE, SERVER_ATTRIBUTE, TIMESERIES);
    }

    private record Column(Meaning meaning, String key) {}

    private enum Status {
        CREATED,
        UPDATED,
        ERROR
    }

    /** What became of a row. */
    private record Done(int line, String name, Status status, Optional<String> error) {
        String told() {
            return "Line " + line + ": " + error.orElse("");
        }
    }

    private Response run(Exchange exchange) {
        Body body = exchange.body();
        Body mapping = Body.of(body.value("mapping").orElseThrow(() -> bad("There is no mapping")));
        List<Column> columns = columns(mapping);
        boolean updates = mapping.flag("update").orElse(false);
        List<Csv.Row> rows = Csv.rows(
                body.text("file").orElseThrow(() -> bad("There is no file")), delimiter(mapping), ROWS_MAX + 1);
        List<Done> report = new ArrayList<>();
        for (Csv.Row row :
                mapping.flag("header").orElse(true) ? rows.subList(Math.min(1, rows.size()), rows.size()) : rows) {
            report.add(read(exchange, columns, row, updates));
        }
        return Response.json(json -> write(json, report));
    }

    private static char delimiter(Body mapping) {
        String delimiter =
                mapping.text("delimiter").filter(text -> !text.isEmpty()).orElse(",");
        if (delimiter.length() != 1 || delimiter.equals("\"") || (delimiter.isBlank() && !delimiter.equals("\t"))) {
            throw bad("The delimiter must be one character, and no quotation mark or blank");
        }
        return delimiter.charAt(0);
    }

    private static List<Column> columns(Body mapping) {
        if (!(mapping.value("columns").orElse(new Node.Null()) instanceof Node.Items(List<Node> items))
                || items.isEmpty()
                || items.size() > COLUMNS_MAX) {
            throw bad("The mapping must name 1 to " + COLUMNS_MAX + " columns");
        }
        List<Column> columns =
                items.stream().map(Body::of).map(DeviceImportResource::column).toList();
        if (columns.stream().filter(column -> column.meaning() == Meaning.NAME).count() != 1) {
            throw bad("One column must be NAME");
        }
        return columns;
    }

    private static Column column(Body column) {
        Meaning meaning = Body.word(Meaning.class, "type", column.text("type").orElse(""));
        String key = column.text("key").orElse("");
        if (Meaning.KEYED.contains(meaning) && key.isBlank()) {
            throw bad("A column of the type " + meaning + " must have a key");
        }
        return new Column(meaning, key);
    }

    /** A failed store ends the whole import: rows behind it would fail as well. */
    private Done read(Exchange exchange, List<Column> columns, Csv.Row row, boolean updates) {
        String name = "";
        try {
            if (row.values().size() != columns.size()) {
                throw bad(row.values().size() + " values, and not " + columns.size());
            }
            Values values = new Values(columns, row.values());
            name = values.of(Meaning.NAME).orElse("");
            return new Done(row.line(), name, keep(exchange, values, name, updates), Optional.empty());
        } catch (Rejected e) {
            if (e.code() == ErrorCode.STORE_UNAVAILABLE) {
                throw e;
            }
            return new Done(row.line(), name, Status.ERROR, Optional.of(e.text()));
        }
    }

    private Status keep(Exchange exchange, Values values, String name, boolean updates) {
        TenantId tenant = OwnedResource.tenant(exchange.caller());
        Optional<Device> old = updates ? devices.deviceIfAny(tenant, name) : Optional.empty();
        Optional<NewCredentials> credentials = values.of(Meaning.ACCESS_TOKEN).map(NewCredentials.AccessToken::new);
        AuditAction action = old.isPresent() ? AuditAction.UPDATED : AuditAction.ADDED;
        Device saved = audit.of(exchange, action, DeviceResource.KIND.entityType(), old.map(Device::uuid))
                .committed(
                        Device.class,
                        device -> ChangeAudit.Done.entity(
                                device.uuid(), device.name(), json -> DeviceJson.write(json, device)),
                        () -> old.isPresent()
                                ? devices.update(
                                        tenant,
                                        old.get().id(),
                                        values.fields(old),
                                        Optional.of(old.get().version()))
                                : devices.create(
                                        tenant,
                                        values.fields(old),
                                        credentials.orElseGet(() -> devices.accessToken(Optional.empty())),
                                        NameConflict.REFUSED));
        if (old.isPresent() && credentials.isPresent()) {
            replace(exchange, saved, credentials.get());
        }
        keepValues(saved, values);
        return old.isPresent() ? Status.UPDATED : Status.CREATED;
    }

    private void replace(Exchange exchange, Device device, NewCredentials wanted) {
        DeviceCredentials present = devices.credentials(device.tenant(), device.id());
        if (!present.credentialsId().equals(wanted.id()) || present.type() != wanted.type()) {
            CredentialsResource.changed(
                    audit,
                    exchange,
                    device,
                    () -> devices.updateCredentials(
                            device.tenant(), device.id(), present.id(), wanted, Optional.empty()));
        }
    }

    private void keepValues(Device device, Values values) {
        long now = clock.millis();
        for (Scope scope : new Scope[] {Scope.SERVER_SCOPE, Scope.SHARED_SCOPE}) {
            Meaning meaning = scope == Scope.SERVER_SCOPE ? Meaning.SERVER_ATTRIBUTE : Meaning.SHARED_ATTRIBUTE;
            List<Reading> attributes = values.readings(meaning, now);
            if (!attributes.isEmpty()) {
                Stages.await(telemetry.saveAttributes(device, scope, attributes));
            }
        }
        List<Reading> series = values.readings(Meaning.TIMESERIES, now);
        if (!series.isEmpty()) {
            Stages.await(telemetry.save(device, series, TelemetryStore.NEVER));
        }
    }

    /** One row by the meaning of its columns; an empty value is none. */
    private record Values(List<Column> columns, List<String> texts) {
        Optional<String> of(Meaning meaning) {
            for (int i = 0; i < columns.size(); i++) {
                if (columns.get(i).meaning() == meaning) {
                    return Optional.of(texts.get(i)).filter(text -> !text.isEmpty());
                }
            }
            return Optional.empty();
        }

        List<Reading> readings(Meaning meaning, long now) {
            List<Reading> readings = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                if (columns.get(i).meaning() == meaning && !texts.get(i).isEmpty()) {
                    TelemetryResource.refuseMarkup("value", texts.get(i));
                    readings.add(new Reading(columns.get(i).key(), value(texts.get(i)), now));
                }
            }
            return readings;
        }

        /** A number or a flag if it reads like one. */
        private static Value value(String text) {
            if (text.equals("true") || text.equals("false")) {
                return new Value.Flag(text.equals("true"));
            }
            try {
                return new Value.Whole(Long.parseLong(text));
            } catch (NumberFormatException notWhole) {
                try {
                    double number = Double.parseDouble(text);
                    boolean isPlain = Character.isDigit(text.charAt(text.length() - 1)) && Double.isFinite(number);
                    return isPlain ? new Value.Decimal(number) : new Value.Text(text);
                } catch (NumberFormatException noNumber) {
                    return new Value.Text(text);
                }
            }
        }

        /** What the table does not say stays as it is. */
        DeviceFields fields(Optional<Device> old) {
            Optional<String> type = of(Meaning.TYPE);
            return new DeviceFields(
                    of(Meaning.NAME).orElse(""),
                    type,
                    of(Meaning.LABEL).or(() -> old.flatMap(Device::label)),
                    type.isPresent() ? Optional.empty() : old.map(Device::profile),
                    old.flatMap(Device::customer),
                    old.map(Device::deviceData).map(Json::read).flatMap(DeviceResource::transport),
                    info(old));
        }

        private Optional<String> info(Optional<Device> old) {
            Map<String, Node> info = new LinkedHashMap<>(
                    old.flatMap(Device::additionalInfo).map(Json::read).orElse(new Node.Null())
                                    instanceof Node.Members(Map<String, Node> members)
                            ? members
                            : Map.of());
            of(Meaning.DESCRIPTION).ifPresent(text -> info.put("description", new Node.Text(text)));
            of(Meaning.IS_GATEWAY).ifPresent(text -> info.put("gateway", new Node.Flag(text.equalsIgnoreCase("true"))));
            return info.isEmpty()
                    ? old.flatMap(Device::additionalInfo)
                    : Optional.of(Json.text(json -> new Node.Members(info).write(json)));
        }
    }

    private static void write(JsonGenerator json, List<Done> report) {
        json.writeStartObject();
        json.writeNumberProperty("created", count(report, Status.CREATED));
        json.writeNumberProperty("updated", count(report, Status.UPDATED));
        json.writeNumberProperty("errors", count(report, Status.ERROR));
        json.writeArrayPropertyStart("errorsList");
        report.stream()
                .filter(done -> done.status() == Status.ERROR)
                .map(Done::told)
                .forEach(json::writeString);
        json.writeEndArray();
        json.writeArrayPropertyStart("rows");
        for (Done done : report) {
            json.writeStartObject();
            json.writeNumberProperty("line", done.line());
            json.writeStringProperty("name", done.name());
            json.writeStringProperty("status", done.status().name());
            Json.writeText(json, "error", done.error());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static long count(List<Done> report, Status status) {
        return report.stream().filter(done -> done.status() == status).count();
    }

    private static Rejected bad(String text) {
        return new Rejected(BAD_REQUEST, text);
    }
}
