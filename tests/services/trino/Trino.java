import static io.trino.testing.TestingSession.testSessionBuilder;

import io.airlift.log.Logging;
import io.trino.plugin.hive.HivePlugin;
import io.trino.plugin.iceberg.IcebergPlugin;
import io.trino.testing.DistributedQueryRunner;

/** Trino on one node: Trino PORT. Catalogs are added by CREATE CATALOG. */
public class Trino {
    public static void main(String[] args) throws Exception {
        Logging.initialize();
        DistributedQueryRunner runner = DistributedQueryRunner.builder(testSessionBuilder().build())
            .setWorkerCount(0)
            .addCoordinatorProperty("http-server.http.port", args[0])
            .build();
        runner.installPlugin(new HivePlugin());
        runner.installPlugin(new IcebergPlugin());
        System.out.println("plugins installed");
        Thread.currentThread().join();
    }
}
