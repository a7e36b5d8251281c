/** Many runs as one undertaking: models x photos x methods x seeds, resumed where they were left, and a table per question. */
package io.meristem.study;
