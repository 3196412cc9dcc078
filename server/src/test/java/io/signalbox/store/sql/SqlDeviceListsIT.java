package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.device.Device;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.PageLink.Sort;
import io.signalbox.device.TenantId;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceLists;
import io.signalbox.registry.OwnedQuery;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlDeviceListsIT {
    private final TestDatabase databases;

    @TempDir
    private Path folder;

    private Fixture core;
    private DeviceLists lists;
    private TenantId tenant;

    SqlDeviceListsIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        lists = core.store().deviceLists();
        tenant = core.tenant("A");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void pagesAreInTheOrderOfMakingAndKnowHowLongTheListIs() {
        devices("b", "a", "c");
        core.device(core.tenant("B"), "d");

        assertThat(names(page(2, 0))).containsExactly("b", "a");
        assertThat(page(2, 0).total()).isEqualTo(3);
        assertThat(names(page(2, 2))).containsExactly("c");
        assertThat(page(2, 2).total()).isEqualTo(3);
        assertThat(page(2, 8)).isEqualTo(new Listed<>(List.of(), 3));
    }

    @Test
    void orderIsByWhatTheCallerNames() {
        devices("b", "a", "c");

        assertThat(names(sorted("name", true))).containsExactly("a", "b", "c");
        assertThat(names(sorted("name", false))).containsExactly("c", "b", "a");
        assertThat(names(sorted("createdTime", false))).containsExactly("b", "a", "c"); // made in the same millisecond
        assertThatThrownBy(() -> sorted("device_data", true))
                .isInstanceOf(Rejected.class)
                .hasMessage("Invalid sort property");
    }

    @Test
    void searchFindsPartsWhateverTheirCase() {
        devices("Pumpe Süd", "PUMPE NORD", "100% fan", "100 fans");

        assertThat(names(searched("pumpe"))).containsExactly("Pumpe Süd", "PUMPE NORD");
        assertThat(names(searched("SÜD"))).containsExactly("Pumpe Süd");
        assertThat(names(searched("0%"))).containsExactly("100% fan");
        assertThat(names(searched("!"))).isEmpty();
    }

    private void devices(String... names) {
        for (String name : names) {
            core.device(tenant, name);
        }
    }

    private Listed<Device> page(int limit, long offset) {
        return list(new PageLink(limit, offset, Optional.empty(), Optional.empty()));
    }

    private Listed<Device> sorted(String property, boolean ascending) {
        return list(new PageLink(10, 0, Optional.empty(), Optional.of(new Sort(property, ascending))));
    }

    private Listed<Device> searched(String part) {
        return list(new PageLink(10, 0, Optional.of(part), Optional.empty()));
    }

    private Listed<Device> list(PageLink link) {
        return lists.list(new OwnedQuery(
                tenant, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false, link));
    }

    private static List<String> names(Listed<Device> listed) {
        return listed.items().stream().map(Device::name).toList();
    }
}
