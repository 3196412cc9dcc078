package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.Listed;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.query.EntityQuery;
import io.signalbox.query.EntityQuery.Comparison;
import io.signalbox.query.EntityQuery.Condition;
import io.signalbox.query.EntityQuery.Filter;
import io.signalbox.query.EntityQuery.KeyFilter;
import io.signalbox.query.EntityQuery.Likeness;
import io.signalbox.query.EntityQuery.Numeral;
import io.signalbox.query.EntityStore;
import io.signalbox.query.SeriesValues;
import io.signalbox.query.ValueKey;
import io.signalbox.query.ValueKey.Source;
import io.signalbox.query.Visible;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import io.signalbox.testing.ThreadLoop;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlEntityStoreIT {
    private static final Filter ALL = new Filter.Any(List.of(), "");

    private final TestDatabase databases;

    @TempDir
    private Path folder;

    private final ThreadLoop loop = new ThreadLoop();
    private Fixture core;
    private EntityStore store;
    private TenantId tenant;

    SqlEntityStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        store = core.store().entities();
        tenant = core.tenant("A");
    }

    @AfterEach
    void close() {
        core.close();
        loop.close();
    }

    // ---------------------------------------------------------------------------------------------- which devices

    @Test
    void aPageIsInTheOrderOfMakingAndSaysHowManyThereAre() {
        devices("b", "a", "c");
        core.device(core.tenant("B"), "d");

        Listed<Device> first = store.find(all(), query(ALL, 2, 0), SeriesValues.NONE);
        assertThat(names(first)).containsExactly("b", "a");
        assertThat(first.total()).isEqualTo(3);
        Listed<Device> behind = store.find(all(), query(ALL, 2, 9), SeriesValues.NONE);
        assertThat(behind).isEqualTo(new Listed<>(List.of(), 3));
        assertThat(store.count(all(), query(ALL, 1, 0), SeriesValues.NONE)).isEqualTo(3);
    }

    @Test
    void customersSeeTheirsOnly() {
        CustomerId customer = core.customer(tenant, "C");
        devices("a", "b");
        give(core.device(tenant, "c"), customer);
        Visible visible = new Visible(tenant, Optional.of(customer));

        assertThat(names(store.find(visible, query(ALL, 10, 0), SeriesValues.NONE)))
                .containsExactly("c");
        assertThat(store.count(visible, query(ALL, 10, 0), SeriesValues.NONE)).isEqualTo(1);
    }

    @Test
    void devicesAreFoundByWhatTheyAre() {
        List<Device> made = devices("Pumpe Süd", "pumpe nord", "Fan 100%", "a%b");

        assertThat(found(new Filter.Any(List.of(), "PUMPE"))).containsExactly("Pumpe Süd", "pumpe nord");
        assertThat(found(new Filter.Any(List.of(), "%nord"))).containsExactly("pumpe nord");
        assertThat(found(new Filter.Any(List.of(), "p%SÜD"))).containsExactly("Pumpe Süd");
        assertThat(found(new Filter.Any(List.of("default"), ""))).hasSize(4);
        assertThat(found(new Filter.Any(List.of("other"), ""))).isEmpty();
        assertThat(found(new Filter.Listed(
                        List.of(made.get(1).id(), made.get(1).id(), made.get(3).id()))))
                .containsExactly("pumpe nord", "a%b");
        assertThat(found(new Filter.Listed(List.of()))).isEmpty();
        assertThat(found(new Filter.Nothing())).isEmpty();
        EntityQuery search = new EntityQuery(ALL, "SÜD", Optional.empty(), List.of(), false, 10, 0);
        assertThat(names(store.find(all(), search, SeriesValues.NONE))).containsExactly("Pumpe Süd");
    }

    // ---------------------------------------------------------------------------------------------- values

    @Test
    void numbersFitBySize() throws Exception {
        Map<String, Value> values = Map.of(
                "nine", new Value.Whole(9),
                "ten", new Value.Whole(10),
                "half", new Value.Decimal(9.5),
                "text", new Value.Text("9"),
                "large", new Value.Whole(9_007_199_254_740_993L));
        saveEach(values);
        devices("none");

        assertThat(numeric(Comparison.GREATER, new Numeral.Whole(9))).containsOnly("half", "ten", "large");
        assertThat(numeric(Comparison.LESS_OR_EQUAL, new Numeral.Decimal(9.5))).containsOnly("nine", "half");
        assertThat(numeric(Comparison.EQUAL, new Numeral.Whole(9))).containsOnly("nine");
        assertThat(numeric(Comparison.EQUAL, new Numeral.Whole(9_007_199_254_740_992L)))
                .isEmpty();
        assertThat(numeric(Comparison.NOT_EQUAL, new Numeral.Whole(9))).containsOnly("half", "ten", "large");
        assertThat(numeric(Comparison.GREATER_OR_EQUAL, new Numeral.Whole(10))).containsOnly("ten", "large");
        assertThat(numeric(Comparison.LESS, new Numeral.Whole(9))).isEmpty();
    }

    @Test
    void textsFitByLetters() throws Exception {
        Map<String, Value> values = Map.of(
                "abc", new Value.Text("AbC"),
                "percent", new Value.Text("50%_x"),
                "number", new Value.Whole(12),
                "flag", new Value.Flag(true),
                "json", new Value.Json("{\"a\":1}"));
        saveEach(values);
        devices("none");

        assertThat(text(Likeness.EQUAL, "AbC", false)).containsExactly("abc");
        assertThat(text(Likeness.EQUAL, "abc", false)).isEmpty();
        assertThat(text(Likeness.EQUAL, "aBc", true)).containsExactly("abc");
        assertThat(text(Likeness.NOT_EQUAL, "AbC", false)).containsOnly("percent", "number", "flag", "json", "none");
        assertThat(text(Likeness.STARTS_WITH, "Ab", false)).containsExactly("abc");
        assertThat(text(Likeness.STARTS_WITH, "ab", true)).containsExactly("abc");
        assertThat(text(Likeness.ENDS_WITH, "%_x", false)).containsExactly("percent");
        assertThat(text(Likeness.ENDS_WITH, "yyyy50%_x", false)).isEmpty();
        assertThat(text(Likeness.CONTAINS, "%_", false)).containsExactly("percent");
        assertThat(text(Likeness.CONTAINS, "_%", false)).isEmpty();
        assertThat(text(Likeness.CONTAINS, "\"a\":", false)).containsExactly("json");
        assertThat(text(Likeness.NOT_CONTAINS, "b", true)).containsOnly("percent", "number", "flag", "json", "none");
        assertThat(text(Likeness.EQUAL, "12", false)).containsExactly("number");
        assertThat(text(Likeness.EQUAL, "true", false)).containsExactly("flag");
        assertThat(text(Likeness.EQUAL, "", false)).containsExactly("none");
        assertThat(text(Likeness.CONTAINS, "", false)).hasSize(6);
        assertThat(fitting(new Condition.OneOf(List.of("AbC", "12"), false, false)))
                .containsOnly("abc", "number");
        assertThat(fitting(new Condition.OneOf(List.of("ABC", "12"), true, true)))
                .containsOnly("percent", "flag", "json", "none");
    }

    @Test
    void flagsAndWhatIsPutTogether() throws Exception {
        saveEach(Map.of("yes", new Value.Flag(true), "no", new Value.Flag(false), "one", new Value.Whole(1)));
        devices("none");
        Condition isOne = new Condition.Numeric(Comparison.EQUAL, new Numeral.Whole(1));

        assertThat(fitting(new Condition.Flag(true))).containsExactly("yes");
        assertThat(fitting(new Condition.Flag(false))).containsOnly("no", "one", "none");
        assertThat(fitting(new Condition.All(List.of(isOne, new Condition.Flag(false)))))
                .containsExactly("one");
        assertThat(fitting(new Condition.AnyOf(List.of(isOne, new Condition.Flag(true)))))
                .containsOnly("one", "yes");
        assertThat(fitting(new Condition.AnyOf(List.of()))).isEmpty();
        assertThat(fitting(new Condition.All(List.of()))).hasSize(4);
    }

    @Test
    void filtersAreAllOrAny() throws Exception {
        Device one = core.device(tenant, "one");
        Device both = core.device(tenant, "both");
        save(one, Scope.SERVER_SCOPE, "a", new Value.Whole(1));
        save(both, Scope.SERVER_SCOPE, "a", new Value.Whole(1));
        save(both, Scope.CLIENT_SCOPE, "b", new Value.Text("x"));
        List<KeyFilter> filters = List.of(
                new KeyFilter(
                        new ValueKey(Source.SERVER_ATTRIBUTE, "a"),
                        new Condition.Numeric(Comparison.EQUAL, new Numeral.Whole(1))),
                new KeyFilter(
                        new ValueKey(Source.CLIENT_ATTRIBUTE, "b"), new Condition.Text(Likeness.EQUAL, "x", false)));

        assertThat(found(filters, false)).containsExactly("both");
        assertThat(found(filters, true)).containsExactly("one", "both");
    }

    @Test
    void anAttributeOfAnyScopeIsTheOneThatWasWrittenLast() throws Exception {
        Device device = core.device(tenant, "one");
        save(device, Scope.SHARED_SCOPE, new Reading("a", new Value.Whole(3), 30));
        save(device, Scope.CLIENT_SCOPE, new Reading("a", new Value.Whole(1), 10));
        save(device, Scope.SERVER_SCOPE, new Reading("a", new Value.Whole(2), 20));

        ValueKey any = new ValueKey(Source.ATTRIBUTE, "a");
        assertThat(found(List.of(is(any, 3)), false)).containsExactly("one");
        assertThat(found(List.of(is(any, 2)), false)).isEmpty();
        assertThat(found(List.of(is(new ValueKey(Source.SERVER_ATTRIBUTE, "a"), 2)), false))
                .containsExactly("one");
        assertThat(found(List.of(is(new ValueKey(Source.SHARED_ATTRIBUTE, "a"), 2)), false))
                .isEmpty();
        assertThat(found(List.of(is(new ValueKey(Source.ALARM_FIELD, "a"), 2)), false))
                .isEmpty();
    }

    @Test
    void fieldsHaveValues() {
        devices("Alpha", "beta");

        assertThat(found(field("name", new Condition.Text(Likeness.STARTS_WITH, "ALPHA", true)), false))
                .containsExactly("Alpha");
        assertThat(found(field("type", new Condition.Text(Likeness.EQUAL, "default", false)), false))
                .hasSize(2);
        assertThat(found(field("label", new Condition.Text(Likeness.EQUAL, "", false)), false))
                .hasSize(2);
        assertThat(found(field("entityType", new Condition.Text(Likeness.EQUAL, "DEVICE", false)), false))
                .hasSize(2);
        assertThat(found(
                        field("createdTime", new Condition.Numeric(Comparison.GREATER, new Numeral.Decimal(0.5))),
                        false))
                .hasSize(2);
        assertThat(found(field("name", new Condition.Numeric(Comparison.NOT_EQUAL, new Numeral.Whole(1))), false))
                .isEmpty();
        assertThat(found(field("unheardOf", new Condition.Text(Likeness.EQUAL, "x", false)), false))
                .isEmpty();
    }

    // ---------------------------------------------------------------------------------------------- order

    @Test
    void numbersComeBeforeTexts() throws Exception {
        List<String> inOrder = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            Device number = core.device(tenant, "number " + i);
            save(number, Scope.SERVER_SCOPE, "a", i % 2 == 0 ? new Value.Whole(i) : new Value.Decimal(i));
            inOrder.add("number " + i);
        }
        for (String text : List.of("1a", "9z", "B", "c")) {
            save(core.device(tenant, text), Scope.SERVER_SCOPE, "a", new Value.Text(text));
            inOrder.add(text);
        }

        assertThat(sorted(new ValueKey(Source.SERVER_ATTRIBUTE, "a"), false)).isEqualTo(inOrder);
        assertThat(sorted(new ValueKey(Source.SERVER_ATTRIBUTE, "a"), true)).isEqualTo(inOrder.reversed());
    }

    @Test
    void orderIsByAnyKey() {
        devices("b", "A", "c");

        assertThat(sorted(new ValueKey(Source.ENTITY_FIELD, "name"), false)).containsExactly("A", "b", "c");
        assertThat(sorted(new ValueKey(Source.ENTITY_FIELD, "name"), true)).containsExactly("c", "b", "A");
        assertThat(sorted(new ValueKey(Source.ENTITY_FIELD, "type"), true)).containsExactly("b", "A", "c");
        assertThat(sorted(new ValueKey(Source.ENTITY_FIELD, "createdTime"), false))
                .hasSize(3);
        assertThat(sorted(new ValueKey(Source.ALARM_FIELD, "severity"), false)).containsExactly("b", "A", "c");
    }

    @Test
    void timeSeriesGoAlong() {
        List<Device> made = devices("one", "two", "three", "four", "none");
        List<Value> values = List.of(
                new Value.Whole(20),
                new Value.Decimal(3.5),
                new Value.Text("it's \"\0\" \u001a"),
                new Value.Flag(true));
        Map<Long, List<Reading>> readings = new HashMap<>();
        for (int i = 0; i < values.size(); i++) {
            readings.put(made.get(i).number(), List.of(new Reading("t", values.get(i), 1)));
        }
        SeriesValues series = SeriesValues.of(List.of("t"), readings);
        ValueKey t = new ValueKey(Source.TIME_SERIES, "t");

        EntityQuery large = new EntityQuery(
                ALL,
                "",
                Optional.of(new EntityQuery.Sort(t, false)),
                List.of(new KeyFilter(t, new Condition.Numeric(Comparison.GREATER, new Numeral.Whole(3)))),
                false,
                10,
                0);
        assertThat(large.series()).containsExactly("t");
        assertThat(names(store.find(all(), large, series))).containsExactly("two", "one");
        assertThat(store.count(all(), large, series)).isEqualTo(2);
        assertThat(withSeries(series, new Condition.Flag(true))).containsExactly("four");
        assertThat(withSeries(series, new Condition.Text(Likeness.EQUAL, "it's \"\0\" \u001a", false)))
                .containsExactly("three");
        assertThat(withSeries(series, new Condition.Text(Likeness.EQUAL, "", false)))
                .containsExactly("none");
        assertThat(store.numbers(all(), large.withoutSeries()))
                .containsExactlyInAnyOrderElementsOf(
                        made.stream().map(Device::number).toList());
    }

    private List<String> withSeries(SeriesValues series, Condition condition) {
        KeyFilter filter = new KeyFilter(new ValueKey(Source.TIME_SERIES, "t"), condition);
        return names(
                store.find(all(), new EntityQuery(ALL, "", Optional.empty(), List.of(filter), false, 10, 0), series));
    }

    // ---------------------------------------------------------------------------------------------- attributes

    @Test
    void attributesOfManyAreOfOneState() throws Exception {
        CustomerId customer = core.customer(tenant, "C");
        Device one = give(core.device(tenant, "one"), customer);
        Device two = core.device(tenant, "two");
        save(one, Scope.SERVER_SCOPE, new Reading("a", new Value.Whole(1), 10));
        save(one, Scope.SHARED_SCOPE, new Reading("a", new Value.Text("x"), 11));
        save(two, Scope.SERVER_SCOPE, new Reading("b", new Value.Flag(true), 12));
        List<Long> numbers = List.of(one.number(), two.number(), 4711L);

        var read = store.attributes(all(), numbers, Set.of("a"));
        assertThat(read.value())
                .isEqualTo(Map.of(
                        one.number(),
                        Map.of(
                                Scope.SERVER_SCOPE, Map.of("a", new Reading("a", new Value.Whole(1), 10)),
                                Scope.SHARED_SCOPE, Map.of("a", new Reading("a", new Value.Text("x"), 11))),
                        two.number(),
                        Map.of()));
        assertThat(read.commit()).isEqualTo(3);
        Visible visible = new Visible(tenant, Optional.of(customer));
        assertThat(store.attributes(visible, numbers, Set.of("b")).value()).isEqualTo(Map.of(one.number(), Map.of()));
        assertThat(store.attributes(all(), List.of(), Set.of()).commit()).isEqualTo(3);
    }

    @Test
    void whoGivesUpEndsTheQuery() throws Exception {
        devices("one");
        CoreReaders readers = core.store().queryReaders();
        String forEver = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT COUNT(*) AS n FROM n";
        CompletableFuture<Long> endless = readers.<Long>readLater(
                        sql -> sql.listOnce(forEver, row -> row.number("n")).getFirst())
                .toCompletableFuture();
        CompletableFuture<Long> other = readers.<Long>readLater(
                        sql -> sql.listOnce(forEver, row -> row.number("n")).getFirst())
                .toCompletableFuture();
        CompletableFuture<Long> next = readers.<Long>readLater(sql -> 7L).toCompletableFuture();
        assertThat(next).isNotDone();
        endless.cancel(false);
        other.cancel(false);
        assertThat(next.get(20, TimeUnit.SECONDS)).isEqualTo(7);
        assertThat(found(ALL)).containsExactly("one");
        assertThatThrownBy(endless::join).isInstanceOf(CancellationException.class);
    }

    // ---------------------------------------------------------------------------------------------- parts

    private Visible all() {
        return new Visible(tenant, Optional.empty());
    }

    private Device give(Device device, CustomerId customer) {
        return core.devices()
                .update(new Device(
                        device.number(),
                        device.id(),
                        device.createdTime(),
                        device.tenant(),
                        Optional.of(customer),
                        device.name(),
                        device.type(),
                        device.label(),
                        device.profile(),
                        device.deviceData(),
                        device.additionalInfo(),
                        device.version()));
    }

    private static EntityQuery query(Filter filter, int pageSize, int page) {
        return new EntityQuery(filter, "", Optional.empty(), List.of(), false, pageSize, page);
    }

    private List<Device> devices(String... names) {
        return List.of(names).stream().map(name -> core.device(tenant, name)).toList();
    }

    private List<String> found(Filter filter) {
        return names(store.find(all(), query(filter, 10, 0), SeriesValues.NONE));
    }

    private List<String> found(List<KeyFilter> filters, boolean anyFits) {
        EntityQuery query = new EntityQuery(ALL, "", Optional.empty(), filters, anyFits, 10, 0);
        List<String> names = names(store.find(all(), query, SeriesValues.NONE));
        assertThat(store.count(all(), query, SeriesValues.NONE)).isEqualTo(names.size());
        return names;
    }

    private List<String> sorted(ValueKey key, boolean descending) {
        EntityQuery query =
                new EntityQuery(ALL, "", Optional.of(new EntityQuery.Sort(key, descending)), List.of(), false, 100, 0);
        return names(store.find(all(), query, SeriesValues.NONE));
    }

    private List<String> fitting(Condition condition) {
        return found(List.of(new KeyFilter(new ValueKey(Source.SERVER_ATTRIBUTE, "a"), condition)), false);
    }

    private List<String> numeric(Comparison comparison, Numeral number) {
        return fitting(new Condition.Numeric(comparison, number));
    }

    private List<String> text(Likeness likeness, String wanted, boolean ignoresCase) {
        return fitting(new Condition.Text(likeness, wanted, ignoresCase));
    }

    private static KeyFilter is(ValueKey key, long number) {
        return new KeyFilter(key, new Condition.Numeric(Comparison.EQUAL, new Numeral.Whole(number)));
    }

    private static List<KeyFilter> field(String name, Condition condition) {
        return List.of(new KeyFilter(new ValueKey(Source.ENTITY_FIELD, name), condition));
    }

    private void saveEach(Map<String, Value> byDevice) throws Exception {
        for (Map.Entry<String, Value> entry : byDevice.entrySet()) {
            save(core.device(tenant, entry.getKey()), Scope.SERVER_SCOPE, "a", entry.getValue());
        }
    }

    private void save(Device device, Scope scope, String key, Value value) throws Exception {
        save(device, scope, new Reading(key, value, 1));
    }

    private void save(Device device, Scope scope, Reading reading) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        core.store().attributes(new Feed()).save(device.number(), scope, List.of(reading), new Receipt() {
            @Override
            public Loop loop() {
                return loop;
            }

            @Override
            public void stored() {
                done.complete(null);
            }

            @Override
            public void refused(ErrorCode code) {
                done.completeExceptionally(new IllegalStateException(code.name()));
            }
        });
        done.get(20, TimeUnit.SECONDS);
    }

    private static List<String> names(Listed<Device> listed) {
        return listed.items().stream().map(Device::name).toList();
    }
}
