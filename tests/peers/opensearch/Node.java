import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.transport.Netty4Plugin;

/** One OpenSearch node in this process: java … Node PORT FOLDER. It ends when its standard input does, so that it never outlives who started it. */
public class Node {
  /** The constructor that takes plugins from the class path is for subclasses. */
  private static final class ClassPathNode extends org.opensearch.node.Node {
    ClassPathNode(Environment environment) {
      super(environment, List.of(Netty4Plugin.class, CommonAnalysisPlugin.class), false);
    }
  }

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[1]);
    Files.createDirectories(folder.resolve("config"));
    Settings settings = Settings.builder()
        .put("path.home", folder)
        .put("cluster.name", "ddbdjango-peers")
        .put("node.name", "peer")
        .put("discovery.type", "single-node")
        .put("network.host", "127.0.0.1")
        .put("http.port", arguments[0])
        .put("transport.port", "0")
        .put("http.type", "netty4")
        .put("transport.type", "netty4")
        // On a nearly full disk every index would become read-only.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .build();
    ClassPathNode node = new ClassPathNode(new Environment(settings, folder.resolve("config")));
    node.start();
    while (System.in.read() >= 0) {
      // Nothing is said on it.
    }
    node.close();
    System.exit(0);
  }
}
