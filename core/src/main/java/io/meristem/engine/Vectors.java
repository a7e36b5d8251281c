package io.meristem.engine;

import java.lang.module.ModuleFinder;
import java.lang.reflect.InvocationTargetException;

/**
 * The JDK's module {@code jdk.incubator.vector}, with which the depthwise kernels compute. {@code --add-modules jdk.incubator.vector} gets it too, but then
 * Java prints a warning at each start. So it is loaded when it is first asked for, as the JDK itself loads {@code java.instrument}; that takes
 * {@value #OPTION}, which the manifest of the command line's jar has as {@code Add-Exports}. HotSpot switches its support for vectors on when the module is
 * defined, whenever that is.
 */
public final class Vectors {

    /** What a program that uses the library starts Java with. */
    public static final String OPTION = "--add-exports java.base/jdk.internal.module=ALL-UNNAMED";

    private static final String MODULE = "jdk.incubator.vector";

    private static final boolean PRESENT = load();

    private Vectors() {}

    /** Whether classes that use the module can be loaded. */
    public static boolean present() {
        return PRESENT;
    }

    /** Whether this JDK has the module, present or not. */
    static boolean shipped() {
        return ModuleFinder.ofSystem().find(MODULE).isPresent();
    }

    private static boolean load() {
        if (ModuleLayer.boot().findModule(MODULE).isPresent()) {
            return true;
        }
        if (!shipped()) {
            return false;
        }
        try {
            Class<?> modules = Class.forName("jdk.internal.module.Modules");
            return modules.getMethod("loadModule", String.class).invoke(null, MODULE) != null;
        } catch (ReflectiveOperationException e) {
            if (e instanceof InvocationTargetException) {
                throw new IllegalStateException("the module " + MODULE + " could not be loaded", e.getCause());
            }
            return false; // not exported to us, or gone from this JDK
        }
    }
}
