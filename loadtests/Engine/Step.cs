namespace Cascade.LoadTests.Engine;

/// <summary>Runs the measured parts of a scenario, in NBomber's words.</summary>
internal static class Step
{
    /// <summary>Runs and measures one step. What it throws is an error, by the exception's name; nothing is thrown.</summary>
    /// <remarks>The first step of an arrival is measured from the moment for which the arrival was planned.</remarks>
    public static async Task<Response<T>> Run<T>(string name, ScenarioContext context, Func<Task<Response<T>>> step)
    {
        var (stats, start) = (context.Stats, context.TakeStepStart());
        Response<T> response;
        try
        {
            response = await step();
        }
        catch (Exception e)
        {
            response = Response.Fail<T>(e.GetType().Name, e.Message);
        }

        stats.Step(name).Record(response, stats.NanosecondsBetween(start, context.Time.GetTimestamp()));
        return response;
    }
}
