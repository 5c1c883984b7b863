#version 330 core
// A ribbon along the great circle from one place to another, raised above the globe, of constant width in pixels.
//
// in_corner   x: share of the way, 0..1; y: side of the ribbon, -1 or 1 (per corner)
// in_start, in_end  unit vectors; in_color sRGB; in_shape x: altitude of the middle in globe radii, y: dash length
// Method: as gl/geometry/arc_curves.py, which the dots use too.

in vec2 in_corner;
in vec3 in_start;
in vec3 in_end;
in vec3 in_color;
in vec2 in_shape;

uniform mat4 u_view_projection;
uniform vec3 u_eye;
uniform vec2 u_size_px;
uniform float u_width_px;

out float v_side;
out float v_along;
out float v_seen;          // above 0 where the globe does not hide the curve
flat out vec3 v_color;
flat out float v_dash;

vec3 curve(float share) {
    // The tangent at the start, as in geodesy.slerp; towards the north pole between antipodes.
    vec3 ahead = in_end - in_start * dot(in_start, in_end);
    if (dot(ahead, ahead) < 1e-10) {
        ahead = vec3(0.0, 1.0, 0.0) - in_start * in_start.y;
    }
    float angle = atan(length(cross(in_start, in_end)), dot(in_start, in_end)) * share;
    vec3 ground = cos(angle) * in_start + sin(angle) * normalize(ahead);
    return ground * (1.0 + in_shape.x * 4.0 * share * (1.0 - share));
}

// Positive where a place can be seen: its distance from the edge of the globe's shadow cone, or from the horizon.
float clearance(vec3 place) {
    float horizon = dot(u_eye, u_eye) - 1.0;
    vec3 sight = place - u_eye;
    float beyond = -dot(sight, u_eye) - horizon;
    float outside = length(cross(normalize(sight), u_eye)) - 1.0;
    return max(-beyond, outside);
}

void main() {
    vec3 place = curve(in_corner.x);
    vec4 here = u_view_projection * vec4(place, 1.0);
    float step = in_corner.x > 0.5 ? -0.01 : 0.01;
    vec4 there = u_view_projection * vec4(curve(in_corner.x + step), 1.0);
    vec2 way = (there.xy / there.w - here.xy / here.w) * u_size_px * sign(step);
    vec2 across = vec2(-way.y, way.x) / max(length(way), 1e-6);
    here.xy += across * in_corner.y * u_width_px / u_size_px * here.w;
    gl_Position = here;
    v_side = in_corner.y;
    v_along = in_corner.x;
    v_seen = clearance(place);
    v_color = in_color;
    v_dash = in_shape.y;
}
