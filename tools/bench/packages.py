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


def lifetimes(file, model):
    """Point estimates: the package draws no intervals of a customer's purchases or value."""
    import pandas
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter
    from lifetimes.utils import summary_data_from_transaction_data

    purchases = pandas.read_csv(file, parse_dates=["date"])
    started = time.perf_counter()
    seen = summary_data_from_transaction_data(purchases, "customer_id", "date", "value", freq="D")
    repeat = {"bgnbd": BetaGeoFitter, "paretonbd": ParetoNBDFitter}[model]()
    repeat.fit(seen["frequency"], seen["recency"], seen["T"])
    again = seen[seen["monetary_value"] > 0]
    value = GammaGammaFitter()
    value.fit(again["frequency"], again["monetary_value"])
    value.customer_lifetime_value(
        repeat, seen["frequency"], seen["recency"], seen["T"], seen["monetary_value"], time=12, discount_rate=0.01, freq="D"
    )
    return "lifetimes", time.perf_counter() - started


def pymc_marketing(file):
    """The package's own sampler with its defaults for draws, on one core: compiling the model is in it, as users wait for it."""
    import pandas
    from pymc_marketing.mmm import MMM, GeometricAdstock, LogisticSaturation

    weeks = pandas.read_csv(file, parse_dates=["week"])
    channels = [name for name in weeks.columns if name.endswith("_spend")]
    model = MMM(
        date_column="week", channel_columns=channels, control_columns=["promo"], yearly_seasonality=2,
        adstock=GeometricAdstock(l_max=13), saturation=LogisticSaturation(),
    )  # fmt: skip
    started = time.perf_counter()
    model.fit(X=weeks.drop(columns=["revenue"]), y=weeks["revenue"], chains=4, cores=1, progressbar=False, random_seed=1)
    return "pymc-marketing", time.perf_counter() - started


PACKAGES = (channel_attribution, statsforecast, lifetimes, pymc_marketing)

if __name__ == "__main__":
    package, seconds = {one.__name__: one for one in PACKAGES}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"version": f"{package} {importlib.metadata.version(package)}", "seconds": seconds}))
