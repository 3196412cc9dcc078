package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DescriptionsIT {
    @TempDir
    private static Path folder;

    @Test
    void eachCallHasOneDescriptionAndEachDescriptionACall() {
        try (ApiServer server = new ApiServer(folder)) {
            OpenApi api = new OpenApi(server.routes);
            assertThat(api.undescribed()).as("calls without a description").isEmpty();
            assertThat(api.unrouted()).as("descriptions without a call").isEmpty();
        }
    }
}
