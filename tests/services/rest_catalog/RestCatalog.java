import java.net.InetSocketAddress;
import java.util.Map;
import org.apache.iceberg.Files;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.iceberg.rest.RESTCatalogAdapter;
import org.apache.iceberg.rest.RESTCatalogServlet;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/** Iceberg's REST catalog on an SQLite file and a local warehouse: RestCatalog PORT FOLDER. */
public class RestCatalog {
    /**
     * Files of this host by their URI; Iceberg's own for tests takes paths alone. Metadata of a table in S3, which
     * nobody but the catalog itself reads, lies below a folder: the catalog needs no SDK of AWS for it.
     */
    private static final class LocalFiles implements FileIO {
        private final String s3;

        LocalFiles(String s3) {
            this.s3 = s3;
        }

        private String path(String uri) {
            return uri.startsWith("s3://") ? s3 + uri.substring(4) : uri.replaceFirst("^file:/+", "/");
        }

        @Override
        public InputFile newInputFile(String uri) {
            return Files.localInput(path(uri));
        }

        @Override
        public OutputFile newOutputFile(String uri) {
            return Files.localOutput(path(uri));
        }

        @Override
        public void deleteFile(String uri) {
            new java.io.File(path(uri)).delete();
        }
    }

    public static void main(String[] args) throws Exception {
        JdbcCatalog catalog = new JdbcCatalog(properties -> new LocalFiles(args[1] + "/s3"), null, true);
        catalog.initialize("rest", Map.of(
            "uri", "jdbc:sqlite:" + args[1] + "/catalog.sqlite",
            "warehouse", "file://" + args[1] + "/warehouse",
            // Trino asks for views too, which the first version has no table for.
            "jdbc.schema-version", "V1",
            "clients", "1"));
        ServletContextHandler context = new ServletContextHandler(ServletContextHandler.NO_SESSIONS);
        context.addServlet(new ServletHolder(new RESTCatalogServlet(new RESTCatalogAdapter(catalog))), "/*");
        Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
        server.setHandler(context);
        server.start();
        server.join();
    }
}
