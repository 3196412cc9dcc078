package io.signalbox.registry;

import io.signalbox.device.DeviceCredentials;
import io.signalbox.ops.Rejected;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** What a device is to show to get in (REST API §6). Each is checked when it is made, and fails with {@link Rejected}. */
public sealed interface NewCredentials {
    DeviceCredentials.Type type();

    /** What is looked up. */
    String id();

    /** What is stored beside it. */
    Optional<String> value();

    record AccessToken(String token) implements NewCredentials {
        public AccessToken {
            if (token.isEmpty()) {
                throw Checks.badRequest("Device credentials id should be specified!");
            }
            Checks.credentialsId(token);
        }

        @Override
        public DeviceCredentials.Type type() {
            return DeviceCredentials.Type.ACCESS_TOKEN;
        }

        @Override
        public String id() {
            return token;
        }

        @Override
        public Optional<String> value() {
            return Optional.empty();
        }
    }

    /** @param json the three as JSON text, as they are stored */
    record MqttBasic(Optional<String> clientId, Optional<String> userName, Optional<String> password, String json)
            implements NewCredentials {
        public MqttBasic {
            if (clientId.isEmpty() && userName.isEmpty()) {
                throw Checks.badRequest("Both mqtt client id and user name are empty!");
            }
            if (clientId.isPresent() && userName.isEmpty() && password.isPresent()) {
                throw Checks.badRequest("Password cannot be specified along with client id");
            }
            userName.ifPresent(Checks::credentialsId);
        }

        @Override
        public DeviceCredentials.Type type() {
            return DeviceCredentials.Type.MQTT_BASIC;
        }

        @Override
        public String id() {
            return clientId.map(client ->
                            hash(userName.map(user -> client + '|' + user).orElse(client)))
                    .orElseGet(userName::orElseThrow);
        }

        @Override
        public Optional<String> value() {
            return Optional.of(json);
        }
    }

    /** @param certificate its text, with or without the lines around it */
    record Certificate(String certificate) implements NewCredentials {
        public Certificate {
            certificate = certificate.replaceAll("-----(BEGIN|END) CERTIFICATE-----|\\s", "");
            if (certificate.isEmpty()) {
                throw Checks.badRequest("Certificate cannot be empty!");
            }
        }

        @Override
        public DeviceCredentials.Type type() {
            return DeviceCredentials.Type.X509_CERTIFICATE;
        }

        @Override
        public String id() {
            return hash(certificate);
        }

        @Override
        public Optional<String> value() {
            return Optional.of(certificate);
        }
    }

    /** @param json what the server checks, as the client gave it */
    record Lwm2m(String endpoint, String json) implements NewCredentials {
        public Lwm2m {
            if (endpoint.isBlank()) {
                throw Checks.badRequest("Device credentials id should be specified!");
            }
            Checks.credentialsId(endpoint);
        }

        @Override
        public DeviceCredentials.Type type() {
            return DeviceCredentials.Type.LWM2M_CREDENTIALS;
        }

        @Override
        public String id() {
            return endpoint;
        }

        @Override
        public Optional<String> value() {
            return Optional.of(json);
        }
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA3-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has it", e);
        }
    }
}
