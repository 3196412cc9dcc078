package io.signalbox.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Everything that can be set, checked and in its units; {@link Start} makes it. One record for each section. */
public record Config(
        Server server,
        Http http,
        Https https,
        Mqtt mqtt,
        Rpc rpc,
        Sessions sessions,
        Tokens tokens,
        Access access,
        Store store,
        Audit audit) {

    /**
     * The process.
     *
     * @param demo               seed well-known accounts and devices
     * @param demoBeyondLoopback demo data may be served to other machines
     * @param bind               an IP address, or {@code localhost}
     * @param baseUrl            how others reach this server, without a slash at the end; empty: as their request says
     * @param shutdownTimeout    for everything that has to end, together
     * @param eventLoops         threads for connections and commands; 0: one less than there are processors, but one at least
     * @param networkIo          how those threads read and write sockets
     */
    public record Server(
            boolean demo,
            boolean demoBeyondLoopback,
            String bind,
            Path dataDir,
            Optional<String> baseUrl,
            Duration shutdownTimeout,
            int eventLoops,
            NetworkIo networkIo) {

        /** Whether only this machine can connect. */
        public boolean isLoopback() {
            return Form.isLoopback(bind);
        }

        /** Whether a store with demo data may be served. */
        public boolean allowsDemoData() {
            return demoBeyondLoopback || isLoopback();
        }
    }

    /** REST, and the HTTP device API, on one port; 0 takes a free one. */
    public record Http(int port, int bodyBytesMax, int headerBytesMax, Duration requestTimeout, Duration pollTimeout) {}

    /**
     * The same over TLS.
     *
     * @param port        empty: not at all; 0 takes a free one
     * @param certificate a chain in PEM, or PKCS#12 (.p12, .pfx) with its key
     * @param key         in PEM; empty: it stands with the certificate
     * @param password    of PKCS#12
     */
    public record Https(Optional<Integer> port, Optional<Path> certificate, Optional<Path> key, String password) {
        /** All that is read. */
        public List<Path> files() {
            return Stream.concat(certificate.stream(), key.stream()).toList();
        }

        /** Without the password, so that it gets into no log. */
        @Override
        public String toString() {
            return "Https[" + port + "]";
        }
    }

    /** The MQTT device API on one port; 0 takes a free one. */
    public record Mqtt(
            int port,
            int packetBytesMax,
            Duration connectTimeout,
            Duration ackTimeout,
            int inflightMax,
            int connectionsMax) {}

    /**
     * Commands to devices.
     *
     * @param timeoutMin      the shortest that a caller gets, whatever it asks for
     * @param responseTimeout how long the next command waits for the answer to the one before, if the strategy wants that
     * @param waitersMax      callers that wait for an answer at one time, on the whole server
     */
    public record Rpc(
            Duration timeoutMin,
            Duration timeoutDefault,
            int retriesMax,
            SubmitStrategy submitStrategy,
            Duration responseTimeout,
            int openPerDeviceMax,
            int waitersMax,
            int paramsBytesMax) {}

    /**
     * Live connections.
     *
     * @param inactivityTimeout       ends a silent connection
     * @param deviceInactivityTimeout makes a silent device inactive
     */
    public record Sessions(Duration inactivityTimeout, Duration deviceInactivityTimeout) {}

    /** What users log in with. */
    public record Tokens(Duration accessLifetime, Duration refreshLifetime) {}

    /**
     * Who gets in, and how often.
     *
     * @param userTokenAccess whether administrators may act as users
     * @param apiKeysMax      of the whole server
     */
    public record Access(
            boolean userTokenAccess,
            int apiKeysMax,
            RateLimit loginFailuresPerAddress,
            RateLimit loginFailuresPerAccount,
            RateLimit claimFailures,
            RateLimit restPerAddress,
            RateLimit restPerUser,
            RateLimit restPerCustomer,
            RateLimit restPerTenant) {}

    /**
     * What is kept on disk, and of it in memory.
     *
     * @param postgres           the database; empty: files in the data folder
     * @param pointsMoveInterval how often journaled points are moved into their table
     * @param pointsTailBytesMax memory for points that were not moved yet
     * @param pointsQueueMax     messages that wait for the points' commit
     * @param coreQueueMax       writes that wait for the commit of everything else
     * @param deviceDirectoryMax devices known in memory
     * @param eventDays          until an event of a device is removed
     */
    public record Store(
            Optional<PostgresUrl> postgres,
            Duration pointsMoveInterval,
            long pointsTailBytesMax,
            int pointsQueueMax,
            int coreQueueMax,
            int deviceDirectoryMax,
            int eventDays) {}

    /**
     * What is written down of those who use the server.
     *
     * @param mask          members of params and responses whose values are not
     * @param textCharsMax  longest text of a command in an entry
     * @param keep          time until an entry is removed
     * @param queueBytesMax memory for commands that are not written down yet
     */
    public record Audit(
            AuditRpc rpc,
            AuditChanges changes,
            Set<String> mask,
            int textCharsMax,
            Duration keep,
            long entriesMax,
            long queueBytesMax) {}
}
