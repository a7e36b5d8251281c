package io.meristem.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * Scripts and styles that are copied into every page.
 *
 * @param plotLicence of the plot library, as its authors give it
 */
record Assets(
        String plotScript, String plotStyle, String plotLicence, String plotVersion, String script, String style) {

    private static final String PLOTS = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";

    static Assets load() {
        String version = version();
        String root = "/META-INF/resources/webjars/uplot/" + version + "/";
        return new Assets(
                text(root + "dist/uPlot.iife.min.js"),
                text(root + "dist/uPlot.min.css"),
                text(root + "LICENSE"),
                version,
                text("report.js"),
                text("report.css"));
    }

    private static String version() {
        try (InputStream in = Assets.class.getResourceAsStream(PLOTS)) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(String resource) {
        try (InputStream in = Assets.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the class path lacks " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
