package io.signalbox.simulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** Persistent commands of the {@link FakeServer}: in memory, and every change as a line of a file. */
final class FakeCommands {
    /** A command; its id for the device is its place in the order of acceptance. */
    static final class Stored {
        final String id;
        final int requestId;
        final String device;
        final boolean oneWay;
        final long deadline;
        final String params;
        private String status = "QUEUED";
        private String response = "null";

        Stored(String id, int requestId, String device, boolean oneWay, long deadline, String params) {
            this.id = id;
            this.requestId = requestId;
            this.device = device;
            this.oneWay = oneWay;
            this.deadline = deadline;
            this.params = params;
        }

        String status() {
            boolean isOver = System.currentTimeMillis() >= deadline;
            return isOver && isOpen() ? "EXPIRED" : status;
        }

        byte[] payload() {
            return ("{\"method\":\"crash\",\"params\":" + params + "}").getBytes(StandardCharsets.UTF_8);
        }

        private boolean isOpen() {
            return status.equals("QUEUED") || (status.equals("DELIVERED") && !oneWay);
        }

        private String line() {
            return String.join(
                    "\t",
                    id,
                    "" + requestId,
                    device,
                    "" + oneWay,
                    "" + deadline,
                    params,
                    status,
                    response.replace('\t', ' '));
        }
    }

    private final Path file;
    private final boolean forgetful;
    private final Map<String, Stored> byId = new LinkedHashMap<>();

    FakeCommands(Path file, boolean forgetful) {
        this.file = file;
        this.forgetful = forgetful;
        if (Files.exists(file)) {
            load();
        }
    }

    Stored accept(String device, boolean oneWay, JsonNode body) {
        Stored command = new Stored(
                UUID.randomUUID().toString(),
                byId.size() + 1,
                device,
                oneWay,
                body.path("expirationTime").asLong(),
                body.path("params").toString());
        byId.put(command.id, command);
        append(command);
        return command;
    }

    /** Of one device, what may still be sent, in the order of acceptance. */
    List<Stored> open(String device) {
        return byId.values().stream()
                .filter(c -> c.device.equals(device) && c.isOpen() && c.status().equals(c.status))
                .toList();
    }

    void delivered(Stored command) {
        move(command, "DELIVERED", "null");
    }

    void answered(String device, int requestId, String answer) {
        all().stream()
                .filter(c -> c.requestId == requestId && c.device.equals(device))
                .forEach(c -> move(c, "SUCCESSFUL", answer));
    }

    Optional<String> json(String id) {
        return Optional.ofNullable(byId.get(id)).map(c ->
                """
                        {"id":{"id":"%s"},"deviceId":{"id":"%s"},"expirationTime":%d,"request":{"oneway":%b,\
                        "body":{"params":%s}},"status":"%s","response":%s}""".formatted(c.id, c.device, c.deadline, c.oneWay, Rest.text(c.params), c.status(), c.response));
    }

    /** When it was accepted is not known any more; when it expired is. */
    Optional<String> history(String id) {
        return Optional.ofNullable(byId.get(id)).map(c -> {
            String end = c.status().equals("EXPIRED") ? ",{\"ts\":%d,\"cause\":\"expired\"}".formatted(c.deadline) : "";
            return "{\"status\":\"%s\",\"history\":[{\"ts\":0,\"cause\":\"accepted\"}%s]}".formatted(c.status(), end);
        });
    }

    Collection<Stored> all() {
        return byId.values();
    }

    private void move(Stored command, String status, String response) {
        if (command.isOpen() && command.status().equals(command.status)) {
            command.status = status;
            command.response = response;
            append(command);
        }
    }

    private void load() {
        try {
            for (String line : Files.readAllLines(file)) {
                String[] f = line.split("\t", -1);
                Stored command = new Stored(
                        f[0], Integer.parseInt(f[1]), f[2], Boolean.parseBoolean(f[3]), Long.parseLong(f[4]), f[5]);
                command.status = f[6];
                command.response = f[7];
                byId.put(command.id, command);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void append(Stored command) {
        if (forgetful) {
            return;
        }
        try {
            Files.writeString(file, command.line() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
