package io.signalbox.device;

import java.util.Optional;
import java.util.UUID;

/**
 * What a device shows to get in; one for each device.
 *
 * @param id               the credentials' own identifier on the wire
 * @param createdTime      epoch milliseconds
 * @param credentialsId    what is looked up, unique on the whole server; for {@link Type#ACCESS_TOKEN} the token itself,
 *                         for {@link Type#MQTT_BASIC} the user name alone or a hash, for {@link Type#X509_CERTIFICATE} the hash of
 *                         the certificate, for {@link Type#LWM2M_CREDENTIALS} the endpoint name
 * @param credentialsValue what else is checked; empty for {@link Type#ACCESS_TOKEN}
 */
public record DeviceCredentials(
        UUID id,
        long createdTime,
        DeviceId device,
        Type type,
        String credentialsId,
        Optional<String> credentialsValue,
        long version) {
    public enum Type {
        ACCESS_TOKEN,
        X509_CERTIFICATE,
        MQTT_BASIC,
        LWM2M_CREDENTIALS
    }
}
