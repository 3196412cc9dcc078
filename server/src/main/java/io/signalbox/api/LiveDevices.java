package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.payload.Reading;
import io.signalbox.session.Loop;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * The devices whose values somebody watches, and by whom. An update is picked from a commit, and made text, once for all who
 * watch the same of a device. Any thread.
 *
 * <p>A commit goes from the writer's thread to the device's home loop, and from there to the loops of the sockets, so that the
 * writer does no more than hand it over, and updates of a device stay in order.
 */
final class LiveDevices {
    private final Feed feed;
    private final LongFunction<Loop> homes;
    private final ConcurrentHashMap<Long, LiveDevice> devices = new ConcurrentHashMap<>();

    /** @param homes the loop of a device, by its number */
    LiveDevices(Feed feed, LongFunction<Loop> homes) {
        this.feed = feed;
        this.homes = homes;
    }

    /**
     * What is watched of a device.
     *
     * @param scope empty: of attributes any scope, or it is about points
     * @param keys  empty: all
     */
    record Topic(boolean attributes, Optional<Scope> scope, Set<String> keys) {
        static Topic points(Set<String> keys) {
            return new Topic(false, Optional.empty(), Set.copyOf(keys));
        }

        static Topic attributes(Optional<Scope> scope, Set<String> keys) {
            return new Topic(true, scope, Set.copyOf(keys));
        }

        boolean has(String key) {
            return keys.isEmpty() || keys.contains(key);
        }
    }

    /** Somebody who watches. Calls come on its loop. */
    interface Watcher {
        Loop loop();

        /** Whether it needs {@link Update#text}. Any thread. */
        boolean takesText();

        void updated(Topic topic, Update update);

        void changed(Device device);

        void deleted();
    }

    /** What one commit changed of a topic: readings, and keys of attributes that are gone. Of attributes it has a scope. */
    static final class Update {
        private final long commit;
        private final Optional<Scope> scope;
        private final List<Reading> readings;
        private final List<String> deleted;

        /** Made once, for all who follow the topic in the older form; empty: nobody does. */
        private final String text;

        Update(long commit, Optional<Scope> scope, List<Reading> readings, List<String> deleted, boolean hasText) {
            this.commit = commit;
            this.scope = scope;
            this.readings = List.copyOf(readings);
            this.deleted = List.copyOf(deleted);
            this.text = hasText ? WsJson.update(this.readings, this.deleted) : "";
        }

        long commit() {
            return commit;
        }

        Optional<Scope> scope() {
            return scope;
        }

        List<Reading> readings() {
            return readings;
        }

        List<String> deleted() {
            return deleted;
        }

        /** What an update of the older form has behind its number. */
        String text() {
            return text;
        }
    }

    /** From now on; what was committed before is for the watcher to read after this. */
    void watch(long device, Topic topic, Watcher watcher) {
        devices.compute(device, (number, present) -> {
            LiveDevice live = present == null ? new LiveDevice(number) : present;
            live.add(topic, watcher);
            return live;
        });
    }

    /** No effect when it does not watch. */
    void leave(long device, Topic topic, Watcher watcher) {
        devices.computeIfPresent(device, (_, live) -> live.remove(topic, watcher) ? null : live);
    }

    /** Devices that are watched. */
    int size() {
        return devices.size();
    }

    /** One device. Who watches is replaced by copies, in the map's compute; who reads takes what is there. */
    private final class LiveDevice implements Feed.Follower {
        private final long number;
        private final Loop home;
        private final ConcurrentHashMap<Topic, List<Watcher>> topics = new ConcurrentHashMap<>();

        LiveDevice(long number) {
            this.number = number;
            this.home = homes.apply(number);
            feed.follow(number, this);
        }

        void add(Topic topic, Watcher watcher) {
            topics.merge(topic, List.of(watcher), (some, more) -> {
                List<Watcher> all = new ArrayList<>(some);
                all.addAll(more);
                return List.copyOf(all);
            });
        }

        /** Returns whether nobody watches any more. */
        boolean remove(Topic topic, Watcher watcher) {
            topics.computeIfPresent(topic, (_, all) -> {
                List<Watcher> rest =
                        all.stream().filter(other -> !other.equals(watcher)).toList();
                return rest.isEmpty() ? null : rest;
            });
            if (topics.isEmpty()) {
                feed.leave(number, this);
            }
            return topics.isEmpty();
        }

        @Override
        public void points(long commit, List<Reading> readings) {
            home.execute(() -> topics.forEach((topic, watchers) -> {
                if (!topic.attributes()) {
                    List<Reading> wanted = readings.stream()
                            .filter(reading -> topic.has(reading.key()))
                            .sorted(Comparator.comparing(Reading::key)
                                    .thenComparing(Comparator.comparingLong(Reading::ts)
                                            .reversed()))
                            .toList();
                    if (!wanted.isEmpty()) {
                        publish(
                                topic,
                                watchers,
                                new Update(commit, Optional.empty(), wanted, List.of(), takeText(watchers)));
                    }
                }
            }));
        }

        @Override
        public void attributes(long commit, Scope scope, List<Reading> changed, List<String> deleted) {
            home.execute(() -> topics.forEach((topic, watchers) -> {
                if (topic.attributes() && topic.scope().orElse(scope) == scope) {
                    List<Reading> wanted = changed.stream()
                            .filter(reading -> topic.has(reading.key()))
                            .sorted(Comparator.comparing(Reading::key))
                            .toList();
                    List<String> gone =
                            deleted.stream().filter(topic::has).sorted().toList();
                    if (!wanted.isEmpty() || !gone.isEmpty()) {
                        publish(
                                topic,
                                watchers,
                                new Update(commit, Optional.of(scope), wanted, gone, takeText(watchers)));
                    }
                }
            }));
        }

        private static boolean takeText(List<Watcher> watchers) {
            return watchers.stream().anyMatch(Watcher::takesText);
        }

        private void publish(Topic topic, List<Watcher> watchers, Update update) {
            tell(watchers, watcher -> watcher.updated(topic, update));
        }

        @Override
        public void changed(Device device) {
            home.execute(() -> topics.values().forEach(watchers -> tell(watchers, each -> each.changed(device))));
        }

        @Override
        public void deleted() {
            home.execute(() -> topics.values().forEach(watchers -> tell(watchers, Watcher::deleted)));
        }

        /** One task for each loop. */
        private void tell(List<Watcher> watchers, Consumer<Watcher> what) {
            IdentityHashMap<Loop, List<Watcher>> byLoop = new IdentityHashMap<>();
            watchers.forEach(watcher -> byLoop.computeIfAbsent(watcher.loop(), _ -> new ArrayList<>())
                    .add(watcher));
            byLoop.forEach((loop, some) -> loop.execute(() -> some.forEach(what)));
        }
    }
}
