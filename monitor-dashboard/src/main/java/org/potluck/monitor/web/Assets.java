package org.potluck.monitor.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.zip.CRC32;

/**
 * The page's own files, read once from the class path. Only the names listed here exist, so no path
 * from a request ever reaches a file system.
 */
final class Assets {
  private record Asset(String type, byte[] bytes, String tag) {}

  private final Map<String, Asset> assets = new LinkedHashMap<>();

  Assets() {
    own("/", "index.html", "text/html; charset=utf-8");
    own("/style.css", "style.css", "text/css; charset=utf-8");
    own("/icon.svg", "icon.svg", "image/svg+xml");
    for (String module :
        new String[] {
          "app", "feed", "player", "chart", "peers", "rounds", "texts", "words", "headline"
        }) {
      own("/" + module + ".js", module + ".js", "text/javascript; charset=utf-8");
    }
    String plot = "META-INF/resources/webjars/uplot/" + plotVersion() + "/dist/";
    add("/vendor/uplot.js", plot + "uPlot.esm.js", "text/javascript; charset=utf-8");
    add("/vendor/uplot.css", plot + "uPlot.min.css", "text/css; charset=utf-8");
  }

  Iterable<String> paths() {
    return assets.keySet();
  }

  void serve(Context context) {
    Asset asset = assets.get(context.path());
    if (asset == null) {
      context.status(404);
      return;
    }
    context.header("ETag", asset.tag()).header("Cache-Control", "no-cache");
    if (asset.tag().equals(context.header("If-None-Match"))) {
      context.status(304);
    } else {
      context.contentType(asset.type()).result(asset.bytes());
    }
  }

  private void own(String path, String name, String type) {
    add(path, "org/potluck/monitor/web/page/" + name, type);
  }

  private void add(String path, String resource, String type) {
    byte[] bytes = read(resource);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    assets.put(
        path,
        new Asset(
            type, bytes, "\"" + Long.toHexString(crc.getValue()) + "-" + bytes.length + "\""));
  }

  private static String plotVersion() {
    Properties properties = new Properties();
    try {
      properties.load(
          new java.io.StringReader(
              new String(
                  read("META-INF/maven/org.webjars.npm/uplot/pom.properties"),
                  StandardCharsets.ISO_8859_1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  private static byte[] read(String resource) {
    try (InputStream in = Assets.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the program's jar lacks " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
