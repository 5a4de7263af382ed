"""Times what people use today on the same files, one thread:

    python3 packages.py PACKAGE FILE [ARGUMENTS]

Prints {"version": ..., "seconds": ...} as JSON. Seconds are those of the method alone: neither the import nor reading the
file is in them.
"""

import importlib.metadata
import json
import sys
import time


def channel_attribution(file, order, noise="default"):
    import ChannelAttribution
    import pandas

    paths = pandas.read_csv(file)
    settings = {"conv_par": 0.01, "nsim_start": 20_000_000} if noise == "tight" else {}
    started = time.perf_counter()
    ChannelAttribution.markov_model(
        paths, "path", "total_conversions", var_value="total_conversion_value", var_null="total_null",
        order=int(order), ncore=1, verbose=False, **settings,
    )  # fmt: skip
    return "ChannelAttribution", time.perf_counter() - started


def statsforecast(file, model, most):
    import pandas
    from statsforecast import StatsForecast, models

    series = pandas.read_csv(file)
    chosen = series["unique_id"].unique()[: int(most)]
    series = series[series["unique_id"].isin(chosen)]
    series["ds"] = series.groupby("unique_id").cumcount()
    started = time.perf_counter()
    forecaster = StatsForecast(models=[getattr(models, model)(season_length=52)], freq=1, n_jobs=1)
    forecaster.forecast(df=series, h=13)
    return "statsforecast", time.perf_counter() - started


if __name__ == "__main__":
    package, seconds = {"channel_attribution": channel_attribution, "statsforecast": statsforecast}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"version": f"{package} {importlib.metadata.version(package)}", "seconds": seconds}))
