import java.net.InetSocketAddress;
import java.util.Map;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.iceberg.rest.RESTCatalogAdapter;
import org.apache.iceberg.rest.RESTCatalogServlet;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/** Iceberg's REST catalog on an SQLite file and a local warehouse: RestCatalog PORT FOLDER. */
public class RestCatalog {
    public static void main(String[] args) throws Exception {
        JdbcCatalog catalog = new JdbcCatalog();
        catalog.initialize("rest", Map.of(
            "uri", "jdbc:sqlite:" + args[1] + "/catalog.sqlite",
            "warehouse", "file://" + args[1] + "/warehouse",
            "io-impl", "org.apache.iceberg.TestTables$LocalFileIO",
            "clients", "1"));
        ServletContextHandler context = new ServletContextHandler(ServletContextHandler.NO_SESSIONS);
        context.addServlet(new ServletHolder(new RESTCatalogServlet(new RESTCatalogAdapter(catalog))), "/*");
        Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
        server.setHandler(context);
        server.start();
        server.join();
    }
}
